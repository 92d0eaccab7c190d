// All dependencies inside, as for a deployment without node_modules.
export default { ssr: { noExternal: true }, build: { ssr: true }, logLevel: 'warn' };
