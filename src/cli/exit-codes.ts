/** What a shell expects of a program that was called wrongly, or that cannot do what it was asked. */
export const MISUSE = 2;
