import { main } from './module-start.ts';

main();
