using System.Reflection;
using NUnit.Framework;
using RucioOperator.Api.Validation;
using RucioOperator.Apply.Transfers;
using RucioOperator.Catalogue;
using RucioOperator.Controllers;
using RucioOperator.Controllers.StorageStages;
using RucioOperator.Controllers.VoStages;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.Sandbox;
using RucioOperator.Status;

namespace RucioOperator.Tests.Api;

public sealed class ReadmeTests
{
    [Test]
    public void Every_condition_and_reason_is_explained_beside_the_schemas()
    {
        var readme = File.ReadAllText(Repository.Path("crds", "README.md"));
        Type[] vocabularies = [typeof(ValidationReasons), typeof(Conditions), typeof(InstanceConditions), typeof(VoConditions), typeof(StorageConditions), typeof(DatabaseFault), typeof(Tenancy), typeof(ScimFailure), typeof(EndpointResult), typeof(EndpointsVerdict), typeof(EndpointsStage), typeof(StorageGuards), typeof(Advice), typeof(Members),
            typeof(TransferConditions), typeof(TransferVerdict), typeof(TransfersStage), typeof(TransferCredential), typeof(TransferFault), typeof(GridRefusedException), typeof(DelegationRevocation)];
        var words = vocabularies.SelectMany(t => t.GetFields(BindingFlags.Public | BindingFlags.Static)).Where(f => f.IsLiteral && f.FieldType == typeof(string)).Select(f => (string)f.GetRawConstantValue()!).ToList();

        Assert.That(words, Has.Count.GreaterThan(20));
        Assert.That(words.Where(w => !readme.Contains(w, StringComparison.Ordinal)), Is.Empty);
    }
}
