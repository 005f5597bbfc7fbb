/**
 * The same, worked out once for each object and kept as long as that is. For what hangs on the object alone, and on nothing in
 * it that changes.
 */
export function once<Of extends object, Value extends NonNullable<unknown>>(
  workOut: (of: Of) => Value,
): (of: Of) => Value {
  const known = new WeakMap<Of, Value>()
  return of => {
    let value = known.get(of)
    if (value === undefined) {
      value = workOut(of)
      known.set(of, value)
    }
    return value
  }
}
