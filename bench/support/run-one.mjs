// Runs one bench in this version of Node.js, and writes what it gives to descriptor 3. Arguments: file.
import { writeFileSync } from 'node:fs';

const { run } = await import(new URL(`../${process.argv[2]}`, import.meta.url).href);
const result = await run();
writeFileSync(3, JSON.stringify(result));
