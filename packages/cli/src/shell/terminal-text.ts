/** White space that would break a line or a column. */
const breaks = /[\t-\r\u0085\u2028\u2029]+/gu
/**
 * What could move the cursor, colour the screen, ring, or show text in another order than it has: C0 and C1 controls,
 * marks and overrides of direction, annotations, tags, and every other character that is there to be unseen but those of
 * which pictures and some scripts are put together.
 */
const unseen = /[\p{Cc}\p{Bidi_Control}\ufff9-\ufffb]|(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}/gu

/**
 * Text from a trail as it may go to a terminal. A trail is written by others: whoever can put an escape sequence into a
 * title could otherwise hide a line of the auditor's page. A line break becomes a space, everything else that is not
 * seen becomes `�`, so that it shows that something was there.
 *
 * @example
 * ```ts
 * import { terminalText } from '@countersign/cli'
 * terminalText('pay\u001b[2Jroll\nrun') // → 'pay�[2Jroll run'
 * ```
 */
export const terminalText = (text: string): string =>
  text.toWellFormed().replaceAll(breaks, ' ').replaceAll(unseen, '\ufffd')
