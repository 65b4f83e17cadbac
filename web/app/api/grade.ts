export interface GradedSubmission {
  readonly grade: number | null;
  readonly gradeReward: { readonly worth: number } | null;
}

/**
 * The grade that a submission has today; null: none. One that pays nothing although it should was taken back. By the
 * rules, grades of 0 and 1 pay nothing anyway.
 */
export const gradeOf = ({ grade, gradeReward }: GradedSubmission): number | null =>
  grade !== null && grade > 1 && gradeReward?.worth === 0 ? null : grade;
