/** Shortest password the control plane accepts. */
export const passwordLengthMin = 12;
