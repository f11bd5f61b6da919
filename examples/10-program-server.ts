// An ordinary server, which knows nothing of Daemonium: the program that 10-program.ts makes a daemon. `node examples/dist/10-program-server.js 8080`
import { createServer } from 'node:http';

const server = createServer((_request, response) => response.end(`hello from pid ${process.pid}\n`));
server.listen(process.argv[2], () => console.log(`open on ${process.argv[2]}`));

process.on('SIGTERM', () => server.close(() => console.log('closed')));
