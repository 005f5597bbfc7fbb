/**
 * What a terminal would act on or not show: DEL and the C1 controls, marks and overrides of direction, and what breaks a line
 * in some readers. JSON escapes the C0 controls by itself.
 */
const unsafe = /[\u007f-\u009f\p{Bidi_Control}\u2028\u2029]/gu

/**
 * A value as JSON that may go to a terminal: what could move its cursor or turn a line around is escaped, which is the same
 * value to whoever parses it. Every document that a command prints is written by this.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(unsafe, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
