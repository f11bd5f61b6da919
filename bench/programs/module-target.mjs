import { writeFileSync } from 'node:fs';

export default (file) => writeFileSync(file, String(performance.timeOrigin + performance.now()));
