// The work alone: what Node.js itself takes. Arguments: file.
import { writeFileSync } from 'node:fs';

writeFileSync(process.argv[2], String(performance.timeOrigin + performance.now()));
