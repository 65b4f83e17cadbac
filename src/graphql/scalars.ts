import { GraphQLError, GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO, GraphQLLocalDate } from 'graphql-scalars';

const dateTimeISO = GraphQLDateTimeISO.toConfig();

/** With any offset, a moment may lie in a year that has no four digits in UTC, and could not be told as RFC 3339. */
function tellable(moment: Date): Date {
  if (/^\d{4}-/.test(moment.toISOString())) return moment;
  throw new GraphQLError('DateTime cannot represent years outside of 0000 to 9999.');
}

/** Dates go in as RFC 3339 with any offset, and come out in UTC with milliseconds. */
export const DateTime = new GraphQLScalarType<Date, string>({
  ...dateTimeISO,
  name: 'DateTime',
  description: 'RFC 3339 in UTC, milliseconds.',
  parseValue: (value) => tellable(dateTimeISO.parseValue(value)),
  parseLiteral: (node, variables) => tellable(dateTimeISO.parseLiteral(node, variables)),
});

export const LocalDate = new GraphQLScalarType<string, string>({
  ...GraphQLLocalDate.toConfig(),
  description: "A calendar day in the student's own time zone, YYYY-MM-DD.",
});
