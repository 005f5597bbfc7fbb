import type { Change, Exception } from '../change.ts'
import { deedCounts } from '../deed-counts.ts'
import { changed, type Folds, type Of } from './fold.ts'

export const exceptionFolds: Folds<Of<'exception'>> = {
  'exception.requested': (change, event, { command }) => {
    if (command?.type !== 'requestException') return change
    const { exception: id, person, duties, until, by: requestedBy } = event
    const asked = { id, person, duties, until, reason: command.reason, requestedBy }
    return changed(change, { exceptions: [...change.exceptions, asked] })
  },
  'exception.granted': (change, event, { when }) =>
    marked(change, event.exception, { granted: { by: event.by, ...when, after: deedCounts(change) } }),
  'exception.revoked': (change, event, { at }) => marked(change, event.exception, { revoked: { by: event.by, at } }),
}

function marked(change: Change, id: string, mark: Pick<Exception, 'granted' | 'revoked'>): Change {
  return changed(change, { exceptions: change.exceptions.map(one => (one.id === id ? { ...one, ...mark } : one)) })
}
