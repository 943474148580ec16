/** What is asked for, to be named in errors. */
export interface Subject {
  readonly repository: string;
  readonly revision: string;
  readonly file?: string;
}
