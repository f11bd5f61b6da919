export { type Config, type DaemonConfig, defineConfig } from './config/define-config.ts';
