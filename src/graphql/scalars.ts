import { GraphQLError, GraphQLScalarType, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLLocalDate } from 'graphql-scalars';

const dateTimeISO = GraphQLDateTimeISO.toConfig();

/**
 * Checks that the year has four digits in UTC, as RFC 3339 requires. An offset can move a moment out of that range.
 * @throws GraphQLError if it does not
 */
function withFourDigitYear(moment: Date, nodes?: ValueNode): Date {
  if (/^\d{4}-/.test(moment.toISOString())) return moment;
  throw new GraphQLError('DateTime cannot represent years outside of 0000 to 9999.', { nodes });
}

/** Accepts RFC 3339 with any offset, and returns UTC with milliseconds. */
export const DateTime = new GraphQLScalarType<Date, string>({
  ...dateTimeISO,
  name: 'DateTime',
  description: 'A moment in RFC 3339 format. Responses use UTC with milliseconds; inputs may use any offset.',
  parseValue: (value) => withFourDigitYear(dateTimeISO.parseValue(value)),
  parseLiteral: (node, variables) => withFourDigitYear(dateTimeISO.parseLiteral(node, variables), node),
});

export const LocalDate = new GraphQLScalarType<string, string>({
  ...GraphQLLocalDate.toConfig(),
  description: "A calendar day in the student's own time zone, YYYY-MM-DD.",
});
