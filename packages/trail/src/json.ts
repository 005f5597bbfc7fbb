/** A value that JSON can say. Which of them have a canonical form here, `canonical` tells. */
export type Json = null | boolean | number | string | JsonArray | JsonObject
/** A list of JSON values. */
export type JsonArray = readonly Json[]
/** A JSON object: members by name. */
export type JsonObject = { readonly [member: string]: Json }
