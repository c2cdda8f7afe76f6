namespace RucioOperator.Api.Validation;

/// <summary>Pure and complete: every error of an object, in the order of its rule book. Empty means valid.</summary>
public static class Validator
{
    public static IReadOnlyList<FieldError> Validate(RucioInstance instance) => RucioInstanceRules.Validate(instance);

    public static IReadOnlyList<FieldError> Validate(VirtualOrganisation vo) => VirtualOrganisationRules.Validate(vo);

    public static IReadOnlyList<FieldError> Validate(StorageElement storage) => StorageElementRules.Validate(storage);
}
