export { cosine } from "./cosine.ts";
export { expectClose } from "./expect-close.ts";
export { type Filling, type Shapes, type Stored, tableSource, tableWeights } from "./filling.ts";
export { expandNames, type HoleType, type Shape, writeHoles } from "./published.ts";
export { type SingleFileChanges, singleFileTensors, writeSingleFile } from "./single-file.ts";
export { PERIOD, placeOf, table, tableTensor } from "./table.ts";
