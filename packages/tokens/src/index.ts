export { type AddedToken, addedToken, type SavedToken, textOf, wellFormed } from "./added-token.ts";
export { AddedVocabulary, type BaseVocabulary, type Piece } from "./added-vocabulary.ts";
export { check } from "./check.ts";
export { cut, fixedRows, type RowOptions } from "./fixed-rows.ts";
export { type TokenizerSettings, type TokenizerSettingsFiles, tokenizerSettings, tokensToAdd } from "./settings.ts";
export { Trie } from "./trie.ts";
export { compose, isSpace, LETTER, lowerCase, NUMBER, OTHER } from "./unicode.ts";
export { severalVectors } from "./vectors.ts";
