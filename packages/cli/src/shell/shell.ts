/** A stream that a command line writes to. A terminal says that it is one. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Where a command line was called from: what it reads and writes there. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  /** The code that it ends with if whoever reads hangs up before all is written; 2 where there is none yet. */
  exitCode?: number | string | null | undefined
  /** Where it is this process: writes to `stdout`, and makes no stream for what is brief. */
  print?(text: string): void
}
