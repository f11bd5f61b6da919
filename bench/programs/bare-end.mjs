// Nothing: the boot and the end of Node.js.
