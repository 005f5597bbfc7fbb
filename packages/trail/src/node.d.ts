/** The few functions of Node that this package calls. Node's own types would bring `Buffer` into every file. */
declare module 'node:crypto' {
  export interface KeyObject {
    export(options: { format: 'der'; type: 'spki' }): Uint8Array
  }
  export function hash(algorithm: 'sha256', data: Uint8Array | string, outputEncoding: 'hex' | 'binary'): string
  export function createPrivateKey(pem: string): KeyObject
  export function createPublicKey(key: KeyObject | string): KeyObject
  export function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array
  export function verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean
}

declare module 'node:buffer' {
  export const Buffer: {
    from(
      bytes: ArrayBufferLike,
      offset: number,
      length: number,
    ): {
      indexOf(byte: number, from: number): number
      write(text: string, offset: number, length: number, encoding: 'latin1'): number
    }
  }
}
