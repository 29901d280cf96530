/** What a person asked for cannot be done in the way they asked for it. The message says what they do instead, and may be shown to anybody. */
export class Refusal extends Error {}
