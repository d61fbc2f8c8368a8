/** Injection token of the settings. */
export const configToken = Symbol('config');
