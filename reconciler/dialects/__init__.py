"""What each provider allows and how it evaluates: limits, field rules, normal forms, identity, evaluation order.

One package a provider (``huawei``, ``gcore``, ``openstack``), each fulfilling
:class:`reconciler.model.dialect.Dialect` with data and pure functions. What several providers truly share stands
beside them: ``_values`` (addresses, ports, strings), ``_report`` (diagnostics of one scope), ``_common`` (pinned
numbers, reserved names), ``_octavia`` (L7 facts of Octavia and its descendants) and ``_neutron`` (security group
rules of Neutron and its descendants).
"""
