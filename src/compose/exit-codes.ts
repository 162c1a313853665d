/** There is something that a person should look at: a difference, a problem in a folder, an incident. */
export const NOT_WELL = 1;
/** What was asked cannot be done: it was called wrongly, what it reads is not to be read, or a server refuses. */
export const FAULT = 2;
