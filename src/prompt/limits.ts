/** No vocabulary of the family has a longer token, in UTF-16 units: what is longer than so many tokens' worth is cut unread. */
export const MAX_UNITS_PER_TOKEN = 256;
