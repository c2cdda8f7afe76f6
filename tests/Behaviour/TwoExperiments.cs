namespace RucioOperator.Tests.Behaviour;

/// <summary>One instance that allows all namespaces, two VOs in namespaces of their own, two storages each.</summary>
internal static class TwoExperiments
{
    public static (string Resource, string Ns, string Name)[] Apply(World world)
    {
        var (rucio, sky, sea) = (world.Ns("rucio"), world.Ns("sky"), world.Ns("sea"));
        foreach (var ns in (string[])[rucio, sky, sea])
            world.Namespace(ns);
        world.ApplyInstance(rucio, spec: "  tenancy: {allowedNamespaces: {from: All}}");
        world.ApplyVo(sky, "sky", "sky", $"{rucio}/rucio", """
              description: The sky survey
              email: sky@example.org
              accounts:
                - {name: alice, email: alice@example.org, admin: true, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}
                - {name: robot, type: Service}
              scopes: [{name: data, owner: alice}, {name: raw}]
            """);
        world.ApplyVo(sea, "sea", "sea", $"{rucio}/rucio", """
              accounts: [{name: bob, identities: [{type: Userpass, secretRef: {name: bob}}], quotas: [{rseExpression: SEA_TAPE, bytes: unlimited}]}]
              scopes: [{name: data, owner: bob}]
              distances: {default: 3}
            """);
        world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: bob, namespace: {sea}}}, stringData: {{password: bob-has-a-long-password}}}}");
        world.ApplyStorage(sky, "disk", "sky", "SKY_DISK", "davs://disk.example.org:443/sky/", """
              attributes: {country: CH, tier: "2"}
              minFreeSpace: 10Gi
              capacity: 1Ti
              availability: {delete: false}
            """);
        world.ApplyStorage(sky, "cache", "sky", "SKY_CACHE", "root://cache.example.org:1094//sky/");
        world.ApplyStorage(sea, "disk", "sea", "SEA_DISK", "davs://disk.example.org:443/sea/");
        world.ApplyStorage(sea, "tape", "sea", "SEA_TAPE", "davs://tape.example.org:443/sea/", "  type: TAPE");
        return
        [
            (World.Instances, rucio, "rucio"), (World.Vos, sky, "sky"), (World.Vos, sea, "sea"),
            (World.Storages, sky, "disk"), (World.Storages, sky, "cache"), (World.Storages, sea, "disk"), (World.Storages, sea, "tape"),
        ];
    }
}
