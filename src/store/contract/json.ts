/** Plain data that JSON keeps whole. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };
