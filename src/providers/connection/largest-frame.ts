/** More characters than any provider sends in one event; an endless line ends here and not in the memory of the process. */
export const LARGEST_FRAME = 2 * 1024 * 1024;
