/** For all modules together, of what JavaScript holds: definitions are data. */
export const MODULE_MEMORY_MB = 512;
