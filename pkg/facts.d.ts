/**
 * Facts for `loadCatalogue`, as one text: from `callgate/catalogue` what methods take, from
 * `callgate/shapes` what they return.
 */
declare const facts: string
export default facts
