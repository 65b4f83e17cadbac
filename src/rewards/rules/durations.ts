/** In the rules a day is 24 h, unless they say "calendar day". */
export const secondsPerMinute = 60;
export const millisecondsPerSecond = 1_000;
export const millisecondsPerMinute = 60_000;
export const millisecondsPerHour = 3_600_000;
export const millisecondsPerDay = 86_400_000;
