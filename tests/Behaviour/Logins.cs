namespace RucioOperator.Tests.Behaviour;

/// <summary>Logins at an instance's servers, as a stranger from the network would try them.</summary>
internal static class Logins
{
    private static readonly HttpClient Http = new();

    /// <param name="server">api or admin.</param>
    /// <returns>The status: 200 is in, 401 refused, 503 no server yet.</returns>
    public static async Task<int> StatusAsync(World world, string ns, string server, string name, string password, string account, string vo)
    {
        using var response = await LogInAsync(world, ns, server, name, password, account, vo);
        return (int)response.StatusCode;
    }

    /// <summary>What the public API answers somebody who logs in there first.</summary>
    public static async Task<(int Status, string Body)> GetAsync(World world, string ns, string path, string name, string password, string account, string vo)
    {
        using var login = await LogInAsync(world, ns, "api", name, password, account, vo);
        using var request = new HttpRequestMessage(HttpMethod.Get, world.Bed.Rucio.Url($"/{ns}/rucio-api{path}"));
        request.Headers.Add("X-Rucio-Auth-Token", login.Headers.GetValues("X-Rucio-Auth-Token"));
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<HttpResponseMessage> LogInAsync(World world, string ns, string server, string name, string password, string account, string vo)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, world.Bed.Rucio.Url($"/{ns}/rucio-{server}/auth/userpass"));
        request.Headers.Add("X-Rucio-Username", name);
        request.Headers.Add("X-Rucio-Password", password);
        request.Headers.Add("X-Rucio-Account", account);
        request.Headers.Add("X-Rucio-VO", vo);
        return await Http.SendAsync(request);
    }
}
