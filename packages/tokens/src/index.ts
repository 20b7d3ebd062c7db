export { type AddedToken, addedToken, type SavedToken, textOf, wellFormed } from "./added-token.ts";
export { AddedVocabulary, type BaseVocabulary, type Piece } from "./added-vocabulary.ts";
export { check, checkForm } from "./check.ts";
export { inflate } from "./inflate.ts";
export { type PromptModel, PromptRows } from "./prompt-rows.ts";
export { type TokenizerSettings, type TokenizerSettingsFiles, tokenizerSettings, tokensToAdd } from "./settings.ts";
export { Trie } from "./trie.ts";
export { compose, isSpace, LETTER, lowerCase, NUMBER, OTHER } from "./unicode.ts";
export { severalVectors } from "./vectors.ts";
