/** What a store tells a program to do, at the end of its message; what a person at a shell is told instead, and with which hint. */
type Reworded = readonly [said: RegExp, instead: string, hint?: (where: string) => string]

const again = () => 'Give the command again: a copy compares what is there, and goes on where it stopped.'

const REWORDED: readonly Reworded[] = [
  [
    /(?: \(close the store and open it\)|[;.] (?:to write again, )?close the store and open it(?:, then look whether the entry is there)?)$/i,
    '',
    again,
  ],
  [
    /; close it there, or open it with readOnly(?=(?:\. If you are certain that nobody has it, delete .*)?$)/s,
    '; end that first, or name another place',
  ],
  [/, or open (?:the trail|it) with readOnly(?: while nobody writes it)?(?=\)$)/, ''],
  [
    /; open it without readOnly to begin (?:one|a trail)$/,
    '',
    where => `countersign copy <trail> ${where} begins one there.`,
  ],
  [
    /there is no trail yet: run `migrate` with a user that may create tables(?=\)$)/,
    'there is no trail there yet',
    where =>
      `countersign copy <trail> ${where} makes one, with a user that may create tables. One in another schema is named with ?schema=<name>.`,
  ],
  [
    /: run `migrate`$/,
    '',
    where =>
      `countersign copy <trail> ${where} brings them up to date as it opens them, with a user that owns them, and copies nothing where they hold another trail.`,
  ],
  [
    / \(its owner runs `migrate`, which works it out again from the entries where it still knows them\)$/,
    '',
    where =>
      `countersign export ${where} writes the entries, whatever the head says. countersign copy <trail> ${where}, with a user that owns the tables, works the head out again where it still knows them.`,
  ],
  [
    /this transaction or this server is read-only: begin one that writes, on the primary(?=\)$)/,
    'this server is read-only: name the primary',
  ],
  [/(nobody knows what the server has made of it); ask again under the same id(?=\)$)/, '$1', again],
  [
    /it may be in the trail, so ask under the same id(?=; try again(?: later)?\)$)/,
    'what was sent last may be there',
    again,
  ],
  [
    /let that be more than the `patience` of the store, or a transaction that is joined shorter(?=[;)])/,
    'let that be more than 10 seconds',
  ],
  [
    /^the schema of a trail is a name of small letters, digits and _$/,
    '$&',
    () => 'It is named behind the URL: ?schema=<name>.',
  ],
]

/** The message of a store in the words of the command line, and a hint where a command helps. `where` is one word of a shell. */
export function inShellWords(message: string, where: string): { readonly message: string; readonly hint?: string } {
  let [told, hint]: [string, string | undefined] = [message, undefined]
  for (const [said, instead, help] of REWORDED) {
    if (!said.test(told)) continue
    told = told.replace(said, instead)
    hint ??= help?.(where)
  }
  return { message: told, ...(hint !== undefined && { hint }) }
}
