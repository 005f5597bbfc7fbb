import type { Draft } from '@countersign/trail/store'

export function draft(stream: string, streamSeq: number, id = `${stream}/${streamSeq}`): Draft {
  return { v: 1, id, at: '2026-11-21T09:30:00.000Z', stream, streamSeq, command: { type: 'approve', comment: 'gut ✓' } }
}
