/**
 * A program that loads the file of this name beside this one: JavaScript when built, TypeScript when run from source, which the process or
 * thread learns to read first.
 */
export function moduleProgram(name: 'module-process' | 'module-thread'): string {
  const isBuilt = !import.meta.url.endsWith('.ts');
  const load = `import(${JSON.stringify(new URL(`./${name}.${isBuilt ? 'js' : 'ts'}`, import.meta.url).href)})`;
  if (isBuilt) return load;
  return `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => { register(); return ${load}; })`;
}
