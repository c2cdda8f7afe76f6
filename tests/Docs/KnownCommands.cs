using RucioOperator.Tests.Behaviour;
using RucioOperator.Tests.Chart;
using RucioOperator.Tests.Cluster;
using RucioOperator.Tests.Commands;
using RucioOperator.Tests.Contract;

namespace RucioOperator.Tests.Docs;

/// <summary>Who runs a command of the documents, or why nobody can here.</summary>
/// <param name="Begins">Commands that begin like this; the first entry that fits counts.</param>
/// <param name="Suite">With <paramref name="Test"/>: the test that runs it, with these words or its own names in their place.</param>
internal sealed record KnownCommand(string Begins, Type? Suite, string? Test, string? Why)
{
    private static KnownCommand By<T>(string begins, string test) => new(begins, typeof(T), test, null);

    private static KnownCommand Not(string begins, string why) => new(begins, null, null, why);

    public static readonly IReadOnlyList<KnownCommand> All =
    [
        By<NewcomerTests>("make demo", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<ReadmeCommandsTests>("make ", nameof(ReadmeCommandsTests.Every_target_of_make_that_is_named_is_one)),
        By<NewcomerTests>("export KUBECONFIG", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<NewcomerTests>("export PATH", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<NewcomerTests>("kubectl -n rucio get vo,se", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<NewcomerTests>("kubectl -n rucio patch ", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<NewcomerTests>("kubectl -n rucio wait ", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<NewcomerTests>("rucio-operator status sky", nameof(NewcomerTests.A_clean_clone_shows_what_the_front_page_shows)),
        By<ReadmeSessionTests>("kubectl -n rucio get ", nameof(ReadmeSessionTests.The_front_page_shows_what_comes_out)),
        By<SampleStoriesTests>("kubectl rucio status -n compass", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<ReadmeSessionTests>("rucio-operator status", nameof(ReadmeSessionTests.The_front_page_shows_what_comes_out)),
        By<ReadmeSessionTests>("kubectl rucio status", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<ReadmeSessionTests>("kubectl rucio doctor -f samples/", nameof(ReadmeSessionTests.The_front_page_shows_what_comes_out)),
        By<ReadmeSessionTests>("kubectl rucio plan", nameof(ReadmeSessionTests.The_front_page_shows_what_comes_out)),
        By<SampleStoriesTests>("kubectl rucio doctor -f 20-compass.yaml", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<KubectlPluginTests>("mkdir -p ~/.local/bin", nameof(KubectlPluginTests.Kubectl_finds_the_binary_by_the_link_of_the_front_page)),
        By<KubectlPluginTests>("ln -s ", nameof(KubectlPluginTests.Kubectl_finds_the_binary_by_the_link_of_the_front_page)),
        By<KubectlPluginTests>("kubectl rucio --help", nameof(KubectlPluginTests.Kubectl_finds_the_binary_by_the_link_of_the_front_page)),
        By<ReadmeSessionTests>("kubectl get rucio", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<ReadmeSessionTests>("kubectl explain ", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<ReadmeSessionTests>("kubectl get vo -o wide", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<ReadmeSessionTests>("kubectl get se -o wide", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<ReadmeSessionTests>("kubectl wait --for=condition=Ready", nameof(ReadmeSessionTests.Commands_within_sentences_work)),
        By<SampleStoriesTests>("openssl x509 -in ", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<SampleStoriesTests>("openssl pkcs12 ", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<SampleStoriesTests>("kubectl -n compass ", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<SampleStoriesTests>("kubectl apply -f 20-compass.yaml", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        By<SampleStoriesTests>("export RUCIO_CONFIG", nameof(SampleStoriesTests.Compass_with_passwords_and_certificates)),
        Not("rucio rse distance show", "named for what it prints"),
        By<UnmodifiedClientTests>("rucio --account", nameof(UnmodifiedClientTests.The_ConfigMaps_file_wants_no_more_than_who_somebody_is)),
        By<UnmodifiedClientTests>("rucio ", nameof(UnmodifiedClientTests.A_plain_account_uploads_lists_adds_a_rule_and_downloads)),
        By<ReadmeOnClusterTests>("helm install rucio-operator ", nameof(ReadmeOnClusterTests.The_chart_is_installed_as_the_documents_say)),
        By<ReadmeOnClusterTests>("kubectl apply --server-side -f crds/", nameof(ReadmeOnClusterTests.Definitions_are_applied_as_the_documents_say)),
        By<SwitchedOnTests>("helm upgrade rucio-operator charts/rucio-operator --namespace rucio-system --reuse-values", nameof(SwitchedOnTests.Each_command_makes_what_the_README_says_that_it_does)),
        By<HelmLifeTests>("helm upgrade ", nameof(HelmLifeTests.A_release_lives)),
        By<HelmLifeTests>("helm uninstall", nameof(HelmLifeTests.A_release_lives)),
        By<HelmLifeTests>("helm rollback", nameof(HelmLifeTests.A_release_lives)),
        By<ReadmeOnClusterTests>("kubectl create clusterrolebinding ", nameof(ReadmeOnClusterTests.Definitions_are_applied_as_the_documents_say)),
        Not("kubectl delete -f crds/", "would take the definitions from tests beside it; what goes with them is Kubernetes' own"),
        By<DoctorOnClusterTests>("helm test ", nameof(DoctorOnClusterTests.Helm_test_finds_the_installation_in_order)),
        Not("helm push", "needs a registry"),
        Not("helm ", "a name in a sentence"),
        By<CommandLineTests>("rucio-operator --help", nameof(CommandLineTests.Every_command_is_one_word_with_options_that_are_told_apart)),
        Not("pip install rucio-clients", "takes the client from PyPI; what is done with it runs where RUCIO_CLIENT names one"),
        By<ReadmeSessionTests>("kubectl apply -f samples/quickstart/", nameof(ReadmeSessionTests.The_quickstart_is_applied_as_it_is_and_says_that_its_database_is_still_an_example)),
        Not("kubectl apply", "a name in a sentence: each sample is applied by SampleStoriesTests, FluxStoryTests and make demo"),
        Not("k3d image import", "needs Docker and k3d: make e2e does it where they are"),
        Not("docker login", "a name in a sentence"),
        Not("dotnet publish", "a name in a sentence: make publish and make image run it"),
        Not("flux bootstrap", "needs a cluster with Flux and a repository to write to"),
        Not("flux get", "needs a cluster with Flux"),
        Not("kubectl describe", "a name in a sentence"),
        Not("kubectl create secret tls", "a name in a sentence"),
        Not("openssl x509 -subject -nameopt compat", "names a form of writing"),
    ];

    public static KnownCommand? Of(ReadmeCommand command) => All.FirstOrDefault(known => command.Text.StartsWith(known.Begins, StringComparison.Ordinal));
}
