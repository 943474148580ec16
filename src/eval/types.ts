/**
 * Judgements: for each query the grades of documents. Grades are integers; 1 and more are relevant, 0 and less are not.
 */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A ranking of documents for each query, by scores: a TREC run. */
export type Run = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A set of queries with judged documents, such as a folder in BEIR's form. */
export interface Dataset {
  /** What it is called in reports. */
  readonly name: string;
  /** The texts of the judged queries. */
  readonly queries: ReadonlyMap<string, string>;
  readonly qrels: Qrels;
  /** All documents, one after the other, so that they need not fit into memory. */
  readonly documents: () => AsyncIterable<DatasetDocument>;
}

/** A document of a dataset. */
export interface DatasetDocument {
  readonly id: string;
  /** Title and text, a line feed between them. */
  readonly text: string;
}
