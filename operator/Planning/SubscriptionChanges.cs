using RucioOperator.Api;

namespace RucioOperator.Planning;

public sealed record CreateSubscription(SubscriptionSpec Subscription) : VoChange(VoConditions.SubscriptionsReady)
{
    public override string Describe() => $"create subscription {Subscription.Name} of {Subscription.Owner}";
}

/// <param name="Fields">What differs. All of it is sent: Rucio makes an inactive subscription active again with any change.</param>
/// <param name="Extend">It ends by itself: Rucio can't take that back, only put it off.</param>
public sealed record UpdateSubscription(SubscriptionSpec Subscription, string Fields, bool Extend) : VoChange(VoConditions.SubscriptionsReady)
{
    public override string Describe() => $"update {Fields} of subscription {Subscription.Name} of {Subscription.Owner}";
}

/// <summary>As near to a deletion as Rucio comes.</summary>
public sealed record DeactivateSubscription(string Name, string Owner) : VoChange(VoConditions.SubscriptionsReady)
{
    public override string Describe() => $"deactivate subscription {Name} of {Owner}";
}
