import { main } from './program-start.ts';

main();
