import { ExtensionsOfAssignmentDocument, type ExtensionsOfAssignmentQuery } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';

export type Extension = NonNullable<ExtensionsOfAssignmentQuery['assignment']>['extensions']['edges'][number]['node'];

/** The other dates that students have for an assignment. Until they are loaded, nobody seems to have any. */
export function useExtensions(assignmentId: string) {
  const { data } = useAllPages(ExtensionsOfAssignmentDocument, { id: assignmentId }, ({ assignment }) => {
    return assignment?.extensions;
  });
  return {
    extensionOf: (studentId: string): Extension | null =>
      data?.nodes.find(({ student }) => student.id === studentId) ?? null,
  };
}
