export { type Filling, type Shapes, type Stored, tableSource, tableWeights } from "./filling.ts";
export { PERIOD, placeOf, table, tableTensor } from "./table.ts";
