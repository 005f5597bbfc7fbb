/**
 * A whole number with a comma before every three digits. `toLocaleString` gives the same, and takes 7 MiB for what it knows
 * of all languages.
 */
export const grouped = (number: number): string => `${number}`.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
