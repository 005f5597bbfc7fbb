/** One signature line: whose, by which key (8 hexadecimal digits), and the bytes after the key id. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: string
  readonly bytes: Uint8Array
}
