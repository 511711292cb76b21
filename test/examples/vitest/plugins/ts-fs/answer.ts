export const answer: number = 3;
