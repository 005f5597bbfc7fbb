// Types about types: whether what is read from a file has just the members that it is taken for.

/** A type without what no file can say: that a member is read only, or is there and undefined. */
export type Bare<Type> = Type extends object
  ? { -readonly [Key in keyof Type]: Bare<Exclude<Type[Key], undefined>> }
  : Type

export type IsSame<One, Other> =
  (<Type>() => Type extends One ? 1 : 2) extends <Type>() => Type extends Other ? 1 : 2 ? true : false
