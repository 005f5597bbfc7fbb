export { fromICalendar, type ICalendarOptions, type ImportedEvent } from './icalendar.ts'
export { resolve, resolved } from './resolve.ts'
