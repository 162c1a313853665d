/** The bundler makes a text of them. */
declare module '*.md' {
  const text: string;
  export default text;
}
declare module '*.css';
