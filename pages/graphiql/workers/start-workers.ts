import type {} from 'monaco-editor';

/** Monaco, the editor in GraphiQL, checks what is typed in workers: the scripts of this folder. */
window.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = label === 'json' || label === 'graphql' ? label : 'editor';
    return new Worker(new URL(`graphiql/${name}.worker.js`, document.baseURI), { type: 'module' });
  },
};
